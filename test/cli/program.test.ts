import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import { FAKES } from './fake.ts'

const fake = fileURLToPath(new URL('fake-main.ts', import.meta.url))
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function start(script: string, args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr })) }
}

/** Runs in this process, which is a hundred times quicker; one at a time. */
async function dfk(...args: string[]): Promise<Ended> {
  const out = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += text
      return true
    }),
  )
  try {
    const code = await runProgram(args, FAKES)
    return { code, ...out }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

async function until(child: ChildProcess, text: string): Promise<void> {
  let seen = ''
  for await (const data of child.stderr!.iterator({ destroyOnReturn: false })) {
    seen += data
    if (seen.includes(text)) return
  }
  throw new Error(`expected ${text} on stderr but found ${seen}`)
}

describe('usage errors exit with 2 and say what to do', () => {
  it('names the nearest known option', async () => {
    const { code, stderr, stdout } = await dfk('measure', 'a', '--name', 'x', '--evry', '3')
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: "dfk: unknown option '--evry' (did you mean --every?)\n  hint: see: dfk measure --help\n",
    })
  })

  it('names the nearest known command', async () => {
    const { code, stderr } = await dfk('mesure')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "dfk: unknown command 'mesure' (did you mean measure?)\n  hint: see: dfk --help\n",
    })
  })

  it('does so inside groups too', async () => {
    const option = await dfk('box', 'open', 'a', '--nam', 'x')
    expect(option).toMatchObject({
      code: 2,
      stderr: "dfk: unknown option '--nam' (did you mean --name?)\n  hint: see: dfk box open --help\n",
    })
    const command = await dfk('box', 'opn')
    expect(command).toMatchObject({ code: 2, stderr: "dfk: unknown command 'opn' (did you mean open?)\n  hint: see: dfk box --help\n" })
  })

  it('misses an argument, has one too many', async () => {
    expect(await dfk('measure', '--name', 'x')).toMatchObject({
      code: 2,
      stderr: "dfk: missing required argument 'clip'\n  hint: see: dfk measure --help\n",
    })
    const { code, stderr } = await dfk('fail', 'extra')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^dfk: too many arguments for 'fail'/)
  })

  it('misses a required option', async () => {
    expect(await dfk('measure', 'a')).toMatchObject({
      code: 2,
      stderr: "dfk: required option '--name <value>' not specified\n  hint: see: dfk measure --help\n",
    })
  })

  it('has a value that is no number, out of range or none of the choices', async () => {
    const text = await dfk('measure', 'a', '--name', 'x', '--every', 'many')
    expect(text.code).toBe(2)
    expect(text.stderr).toMatch(/--every <n>' argument 'many' is invalid\. Expected a number\./)
    const range = await dfk('box', 'open', 'a', '--name', 'x', '--every', '0')
    expect(range.code).toBe(2)
    expect(range.stderr).toMatch(/^dfk: --every: expected a number of at least 1 \(found: 0\)\n {2}hint: see: dfk box open --help\n$/)
    const either = await dfk('measure', 'a', '--name', 'x', '--sharp', 'very')
    expect(either.code).toBe(2)
    expect(either.stderr).toMatch(/--sharp <n\|auto>' argument 'very' is invalid\. Expected a number or auto\./)
    expect((await dfk('measure', 'a', '--name', 'x', '--sharp', '9')).stderr).toMatch(
      /^dfk: --sharp: expected a number of at most 3 \(found: 9\)\n/,
    )
    const choice = await dfk('measure', 'a', '--name', 'x', '--device', 'toaster')
    expect(choice.code).toBe(2)
    expect(choice.stderr).toMatch(/Allowed choices are auto, cpu/)
  })

  it('shows the help of the program or group when no command is given', async () => {
    const program = await dfk()
    expect(program).toMatchObject({ code: 2, stdout: '' })
    expect(program.stderr).toContain('Usage: dfk')
    const group = await dfk('box')
    expect(group).toMatchObject({ code: 2, stdout: '' })
    expect(group.stderr).toMatch(/Usage: dfk box[\s\S]*open[\s\S]*close/)
    expect(group.stderr).toMatch(/Example:\n {2}\$ dfk box open it\n {2}\$ dfk box close it/)
  })
})

describe('options', () => {
  it('reach the command typed and with their defaults', async () => {
    vi.stubEnv('DFK_HOME', '/some/where')
    const { code, stdout, stderr } = await dfk(
      ...['measure', 'a', 'b', 'c', '--name', 'x', '--min-face', '20.5', '-o', 'f', '--json', '--still', 'p', 'q'],
    )
    vi.unstubAllEnvs()
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'a note\nwarning: a warning\n' })
    expect(JSON.parse(stdout)).toEqual({
      args: ['a', ['b', 'c']],
      options: {
        name: 'x',
        every: 5,
        device: 'auto',
        minFace: 20.5,
        sharp: 'auto',
        crop: true,
        deep: false,
        still: ['p', 'q'],
        output: 'f',
      },
      json: true,
      quiet: false,
      dryRun: false,
      home: '/some/where',
    })
  })

  it('switch things off and on; quiet keeps warnings', async () => {
    const { code, stdout, stderr } = await dfk('measure', 'a', '--name', 'x', '--no-crop', '--deep', '--quiet', '--dry-run', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'warning: a warning\n' })
    expect(JSON.parse(stdout)).toMatchObject({ quiet: true, dryRun: true, options: { crop: false, deep: true } })
  })
})

describe('help', () => {
  it('shows options with defaults and an example, on stdout', async () => {
    const { code, stdout, stderr } = await dfk('measure', '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/--every <n> +use every nth frame \(1 to 100; default: 5\)/)
    expect(stdout).toMatch(/--device <auto\|cpu> +where to run \(default: auto\)/)
    expect(stdout).toMatch(/--min-face <n> +smallest face, pixels \(at least 16\)/)
    expect(stdout).toMatch(/--name <value> +what to call it \(required\)/)
    expect(stdout).toContain('--dry-run')
    expect(stdout).toContain('Example:\n  $ dfk measure clip.mp4 --name a')
  })

  it('is the same by dfk help, also for a command of a group', async () => {
    const asked = await dfk('help', 'box', 'open')
    const flag = await dfk('box', 'open', '--help')
    expect(asked).toEqual(flag)
    expect(asked.code).toBe(0)
    expect(asked.stdout).toContain('$ dfk box open it')
    expect(await dfk('help')).toMatchObject({ code: 0 })
    expect(await dfk('help', 'nothing')).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'nothing'") })
    expect(await dfk('nothing', '--help')).toMatchObject({ code: 2 })
  })
})

describe('exit codes', () => {
  it.each([
    ['fail', 1, 'dfk: expected a video but found a cat\n  hint: use another file\n'],
    ['refuse', 3, 'dfk: the record does not allow training\n  hint: ask the subject\n'],
  ])('%s gives %i', async (name, code, stderr) => {
    expect(await dfk(name)).toEqual({ code, stdout: '', stderr })
  })

  it('explain a full disk and a missing permission', async () => {
    const full = await dfk('full')
    expect(full.code).toBe(1)
    expect(full.stderr).toMatch(/^dfk: expected room to write but the disk is full .*\n {2}hint: free some space.*\n$/)
    expect((await dfk('locked')).stderr).toMatch(/^dfk: no permission: EACCES.*\n {2}hint: .*\n$/)
  })

  it('call a bug a bug: one line, the stack and its cause', async () => {
    const { code, stderr } = await dfk('crash')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^dfk: unexpected error, which is a bug in dfk: TypeError: x is not a function\n {4}at /)
    expect(stderr).toMatch(/caused by: Error: the reason\n {4}at /)
    expect((await dfk('string')).stderr).toBe('dfk: unexpected error, which is a bug in dfk: just text\n')
  })
})

describe('interruption', () => {
  it('one Ctrl-C lets the stage stop, with its hint, and gives 130', async () => {
    const { child, ended } = start(fake, ['slow'])
    await until(child, 'three are done')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain('stopping (once more to stop at once)')
    expect(stderr).toMatch(/working: stopped after .*\ndfk: interrupted\n {2}hint: run the same command again to go on\n$/)
  })

  it('a second one ends a stage that does not listen', async () => {
    const { child, ended } = start(fake, ['slow', '--deaf'])
    await until(child, 'three are done')
    child.kill('SIGINT')
    await until(child, 'stopping')
    await new Promise((resolve) => setTimeout(resolve, 1200))
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
  })

  it('one that arrives twice, as npm and timeout send it, is one', async () => {
    const { child, ended } = start(fake, ['slow'])
    await until(child, 'three are done')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect((await ended).stderr).toContain('hint: run the same command again to go on')
  })

  it('SIGTERM is the same', async () => {
    const { child, ended } = start(fake, ['slow'])
    await until(child, 'three are done')
    child.kill('SIGTERM')
    expect((await ended).code).toBe(130)
  })

  it('a reader that goes away stops it without a stack', async () => {
    const { child, ended } = start(fake, ['flood', '--json'])
    child.stdout!.once('data', () => child.stdout!.destroy())
    const { stderr } = await ended
    expect(stderr).not.toMatch(/EPIPE|bug/)
  })
})

describe('progress', () => {
  it('is lines on stderr where there is no terminal, and stdout stays pure', async () => {
    const { code, stdout, stderr } = await dfk('slow', '--steps', '5', '--json')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"done":5}\n' })
    expect(stderr).toMatch(/^working …\nthree are done\nworking: done after \d+ s\n$/)
  })

  it('is silent when quiet', async () => {
    expect(await dfk('slow', '--steps', '5', '--quiet')).toEqual({ code: 0, stdout: 'finished\n', stderr: '' })
  })
})

describe('the real program', () => {
  it('prints its version', async () => {
    const { code, stdout, stderr } = await start(main, ['--version']).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('lists every command of the contract', async () => {
    const { code, stdout } = await start(main, ['--help']).ended
    expect(code).toBe(0)
    for (const name of ['doctor', 'consent', 'collect', 'align', 'train', 'swap', 'detect', 'score', 'export'])
      expect(stdout).toContain(`  ${name} `)
  })
})
