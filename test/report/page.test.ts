import { describe, expect, it } from 'vitest'
import { escapeHtml } from '../../src/report/html.ts'
import { cards, gallery, html, inlineImage, lineChart, paragraph, renderPage, table, verdict } from '../../src/report/page.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64')
const NASTY = `<script>alert("x")</script>'&`

function wholePage(): string {
  return renderPage({
    title: `Score of ${NASTY}`,
    subtitle: NASTY,
    sections: [
      { body: [verdict(NASTY, 'bad', NASTY), cards([{ label: NASTY, value: NASTY, note: NASTY, tone: 'good' }])] },
      { title: NASTY, body: table([NASTY, 'n'], [[NASTY, 1]]) },
      {
        body: [
          lineChart({
            title: NASTY,
            x: 'time',
            xLabel: NASTY,
            series: [
              { name: NASTY, points: [[0, 1]] },
              { name: 'b', points: [] },
            ],
            marks: [{ y: 1, label: NASTY }],
          }),
          gallery([inlineImage(PNG, NASTY, NASTY)]),
          paragraph(NASTY),
        ],
      },
    ],
    footer: NASTY,
  })
}

describe('escapeHtml', () => {
  it('escapes what has a meaning in HTML and drops control characters', () => {
    expect(escapeHtml(`<a href="x">'&\u0000\u0007</a>`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;&lt;/a&gt;')
  })
})

describe('html', () => {
  it('escapes strings, keeps Html, joins arrays and skips undefined', () => {
    expect(html`<p>${'<'}${html`<b>${1}</b>`}${['&', html`<i></i>`]}${undefined}</p>`.html).toBe('<p>&lt;<b>1</b>&amp;<i></i></p>')
  })
})

describe('renderPage', () => {
  it('never lets text become markup', () => {
    const page = wholePage()
    expect(page).not.toContain('<script')
    expect(page).not.toContain('alert("x")')
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(14)
  })

  it('is self-contained: no address but data:', () => {
    const page = wholePage()
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"|url\(([^)]*)\)/g)].map((match) => match[1] ?? match[2])
    expect(addresses.every((address) => address?.startsWith('data:image/'))).toBe(true)
    expect(page).not.toMatch(/https?:\/\//)
    expect(page.startsWith('<!doctype html>')).toBe(true)
  })
})

describe('inlineImage', () => {
  it('takes PNG and JPEG bytes and nothing else', () => {
    expect(inlineImage(PNG, 'dot').html).toContain('data:image/png;base64,iVBOR')
    expect(inlineImage(Uint8Array.of(0xff, 0xd8, 0xff), 'dot').html).toContain('data:image/jpeg')
    expect(() => inlineImage(new TextEncoder().encode('GIF89a'), 'dot')).toThrow(/PNG or JPEG/)
  })
})

describe('table', () => {
  it('aligns columns of numbers to the right', () => {
    const { html: text } = table(
      ['name', 'value'],
      [
        ['a', 1],
        ['b', 2],
      ],
    )
    expect(text).toContain('<th>name</th><th class="number">value</th>')
    expect(text).toContain('<td class="number">2</td>')
  })
})

describe('lineChart', () => {
  const chart = (points: readonly (readonly [number, number])[], x: 'time' | 'number' = 'number') =>
    lineChart({ title: 't', x, series: [{ name: 's', points }] }).html
  const curve = (text: string) => /class="series"[^>]* d="([^"]*)"/.exec(text)?.[1] ?? ''

  it('tells every line from every other, by its colour or by dashes, in the key too', () => {
    const series = Array.from({ length: 11 }, (_, i) => ({ name: `loss ${i}`, points: [[0, i] as const, [1, i] as const] }))
    const { html: text } = lineChart({ title: 't', x: 'number', series })
    const looks = (pattern: RegExp) => new Set(Array.from(text.matchAll(pattern), ([, look]) => look))
    expect(looks(/<path class="([^"]*" style="stroke:[^"]*)"/g).size).toBe(11)
    expect(looks(/<span><i([^>]*)>/g).size).toBe(11)
  })

  it('interrupts the line where a value is missing', () => {
    expect(
      curve(
        chart([
          [0, 1],
          [1, 2],
          [2, Number.NaN],
          [3, 1],
          [4, 2],
        ]),
      ).match(/M/g),
    ).toHaveLength(2)
  })

  it('labels time as minutes and seconds, and fractions of a second in a short clip', () => {
    expect(
      chart(
        [
          [0, 0],
          [125, 1],
        ],
        'time',
      ),
    ).toMatch(/>1:30</)
    expect(
      chart(
        [
          [0, 0],
          [2, 1],
        ],
        'time',
      ),
    ).toMatch(/>0:00\.5</)
  })

  it('keeps a single spike of a long series and stays small', () => {
    const points = Array.from({ length: 20_000 }, (_, i) => [i, i === 12_345 ? 100 : 0] as const)
    const text = chart(points)
    expect(text.length).toBeLessThan(30_000)
    const heights = [...curve(text).matchAll(/[ML][-\d.]+ ([-\d.]+)/g)].map((match) => Number(match[1]))
    expect(Math.min(...heights)).toBeLessThan(30)
    expect(heights.filter((y) => y < 30)).toHaveLength(1)
  })

  it('shows each of few points as a dot, and a lone one in the middle of its axis', () => {
    const dots = (text: string) =>
      [...text.matchAll(/<circle class="dot"[^>]* cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    const lone = chart([[500, 0.9]])
    expect(dots(lone)).toEqual([[470, expect.closeTo(100, -1)]])
    expect(lone).toMatch(/>0<.*>1000</s)
    expect(
      dots(
        chart([
          [500, 1],
          [1000, 2],
        ]),
      ),
    ).toHaveLength(2)
    expect(dots(chart([[0, 1]]))).toEqual([[52, expect.any(Number)]])
    // Of many, only one that would be invisible: alone between gaps.
    const many = Array.from({ length: 100 }, (_, i) => [i, i === 49 || i === 51 ? Number.NaN : 1] as const)
    expect(dots(chart(many))).toHaveLength(1)
  })

  it('names marks and band in the key, never over the lines', () => {
    const { html: text } = lineChart({
      title: 't',
      x: 'number',
      series: [
        { name: 'a', points: [[0, 0]] },
        { name: 'b', points: [[0, 1]] },
      ],
      marks: [{ y: 0.5, label: 'half of b', series: 1 }],
      band: { low: 0.4, high: 0.6, label: 'the band' },
    })
    const [svg, key] = text.split('</svg>') as [string, string]
    expect(svg).not.toMatch(/half of b|the band/)
    expect(svg).toMatch(/<line class="mark" style="stroke:var\(--s1\)"/)
    expect(key).toMatch(/>a<.*>b<.*class="dashed" style="border-color:var\(--s1\)"><\/i>half of b<.*class="area"><\/i>the band</)
    expect(chart([[0, 1]])).not.toContain('class="key"')
  })

  it('holds for empty, single, constant and infinite values', () => {
    for (const points of [
      [],
      [[1, 1]],
      [
        [0, 5],
        [1, 5],
      ],
      [
        [0, Number.POSITIVE_INFINITY],
        [1, 1],
      ],
    ] as [number, number][][]) {
      expect(chart(points)).not.toMatch(/NaN|Infinity/)
    }
  })

  it('goes through the full range of the axes', () => {
    const { html: text } = lineChart({
      title: 't',
      x: 'number',
      series: [
        {
          name: 's',
          points: [
            [0, 0],
            [10, 1],
          ],
        },
      ],
      min: 0,
      max: 1,
    })
    expect(curve(text)).toBe('M52.0 190.0L888.0 10.0')
  })
})
