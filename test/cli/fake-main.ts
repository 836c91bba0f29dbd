// dfk with the fake commands, for tests that need a process of its own.
import { runProgram } from '../../src/cli/program.ts'
import { FAKES } from './fake.ts'

process.exitCode = await runProgram(process.argv.slice(2), FAKES)
