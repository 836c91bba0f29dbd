import { extname } from 'node:path'
import { RefusedError, UsageError } from '../work/errors.ts'
import type { Label } from './label.ts'
import { fitsWhole, plainText } from './lettering.ts'

/** Laws whose rules on disclosure an output can be made to keep. */
type Law = 'eu' | 'cn' | 'us-ca'

interface Profile {
  /** The rule, as refusals name it. */
  readonly rule: string
  /** Seconds from a video's start for which a visible label is asked for; undefined: none is. */
  readonly labelS: number | undefined
  /** Whether metadata in the file itself are asked for, which not every container can hold. */
  readonly metadata: boolean
}

const PROFILES: Record<Law, Profile> = {
  eu: { rule: 'Art. 50(4) of the EU AI Act', labelS: Number.POSITIVE_INFINITY, metadata: false },
  cn: { rule: "China's GB 45438-2025", labelS: 2, metadata: true },
  'us-ca': { rule: "California's SB 942", labelS: undefined, metadata: true },
}

/** Containers in which dfk writes the marks `AIGC` and those of IPTC. */
const MARKED = /^\.(mp4|m4v|mov|jpe?g|png|webp)$/i

type LabelLanguage = 'en' | 'de' | 'fr' | 'es' | 'it' | 'zh'

const TEXTS: Record<LabelLanguage, string> = {
  en: 'AI GENERATED',
  de: 'KI-GENERIERT',
  fr: 'GÉNÉRÉ PAR IA',
  es: 'GENERADO CON IA',
  it: 'GENERATO CON IA',
  zh: '人工智能生成',
}

/** What is asked for of visible disclosure. */
export interface LabelWish {
  /** Whether a label is wanted; undefined: where records or laws ask for it. */
  readonly on: boolean | undefined
  /** Default: that of the language. */
  readonly text: string | undefined
  /** Default: Chinese under Chinese rules alone, else English. */
  readonly language: LabelLanguage | undefined
  readonly place: Label['place']
  /** From the start of the output; undefined: all of it. */
  readonly seconds: number | undefined
  readonly laws: readonly Law[]
}

/** The visible label of an output. */
export interface LabelPlan extends Label {
  /** Whether it is drawn where no shot says otherwise. */
  readonly on: boolean
  /** How long, from the start of the output; Infinity: throughout. */
  readonly seconds: number
  /** Whether records or laws ask for it: no shot may leave it out. */
  readonly required: boolean
}

/** Words of which a required label holds one, as they are drawn: that a model made what is seen. */
const SAYS_SO: Record<LabelLanguage, RegExp> = {
  en: /\b(AI|GENERATED|SYNTHETIC|DEEPFAKE)\b/u,
  de: /\b(KI|GENERIERT|SYNTHETISCH)\b/u,
  fr: /\b(IA|GENEREE?|SYNTHETIQUE|HYPERTRUCAGE)\b/u,
  es: /\b(IA|GENERAD[OA]|SINTETIC[OA])\b/u,
  it: /\b(IA|GENERAT[OA]|SINTETIC[OA])\b/u,
  zh: /人工智能|生成/u,
}
/** A word of denial: what comes after it is not said, but denied. */
const DENIES = /\b(?:NOT?|NON|NEVER|WITHOUT|NICHT|KEINE?|OHNE|PAS|SANS|SIN|SENZA)\b/u

/** Fewer letters than these say nothing. */
const FEWEST_LETTERS = 2

/** Whether a text says that a model made what is seen. A list of words tells a slip or a plain lie, not every lie. */
function saysSo(text: string): boolean {
  const [said = ''] = plainText(text).split(DENIES)
  return Object.values(SAYS_SO).some((words) => words.test(said))
}

/** What a label has to say under Chinese rules. */
const CHINESE = /^(?=.*(AI|人工智能)).*生成/iu

function textOf({ text, language, laws }: LabelWish): string {
  if (text !== undefined) return text
  const isChinese = laws.includes('cn')
  const first = language ?? (isChinese && laws.every((law) => law === 'cn') ? 'zh' : 'en')
  return isChinese && first !== 'zh' ? `${TEXTS[first]} ${TEXTS.zh}` : TEXTS[first]
}

interface Rule {
  readonly clause: string
  readonly who: string
  readonly seconds: number
}

/** Whoever asks for a visible label, those that ask for most first. */
function rulesOf(laws: readonly Law[], recordAsks: boolean): Rule[] {
  const record = { clause: 'disclosure.visibleLabel', who: 'a consent record', seconds: Number.POSITIVE_INFINITY }
  const legal = laws.flatMap((law): Rule[] => {
    const { rule, labelS } = PROFILES[law]
    return labelS === undefined ? [] : [{ clause: `law.${law}`, who: `${rule} (--law ${law})`, seconds: labelS }]
  })
  return [...(recordAsks ? [record] : []), ...legal].sort((a, b) => b.seconds - a.seconds)
}

/**
 * The label that an output gets. `recordAsks`: whether a consent record requires one. Throws RefusedError, which names the clause, where what is wished leaves out what a
 * record or a law asks for; UsageError for a text that cannot be drawn.
 */
export function planLabel(wish: LabelWish, recordAsks: boolean): LabelPlan {
  const { on, place, seconds = Number.POSITIVE_INFINITY, laws } = wish
  const [strictest] = rulesOf(laws, recordAsks)
  const refuse = ({ clause, who }: Rule, expected: string, found: string, hint: string) =>
    new RefusedError(clause, `expected ${expected}, which ${who} requires, but found ${found} [${clause}]`, { hint })
  if (strictest !== undefined && on === false)
    throw refuse(strictest, 'a visible label', '--no-label', 'leave --no-label away, and "label": false out of --shots')
  if (strictest !== undefined && seconds < strictest.seconds) {
    const long = Number.isFinite(strictest.seconds) ? `for ${strictest.seconds} s` : 'throughout'
    throw refuse(strictest, `a visible label ${long}`, `--label-seconds ${seconds}`, 'leave --label-seconds away')
  }
  const text = textOf(wish)
  const letters = plainText(text).match(/\p{L}/gu)?.length ?? 0
  if (letters < FEWEST_LETTERS)
    throw new UsageError(`--label-text: expected at least ${FEWEST_LETTERS} letters but found ${letters}`, {
      hint: 'leave --label-text away, or say that it was generated',
    })
  const isWhole = fitsWhole(text)
  if (laws.includes('cn') && !(CHINESE.test(text) && isWhole))
    throw new RefusedError(
      'law.cn',
      `expected a label that says AI or 人工智能 and 生成, at 5 % of any picture's short side, which ${PROFILES.cn.rule} (--law cn) requires, but found "${text}" [law.cn]`,
      { hint: 'leave --label-text away, or shorten it' },
    )
  if (strictest !== undefined && !saysSo(text))
    throw refuse(
      strictest,
      'a label that says that it was generated',
      `"${text}"`,
      'leave --label-text away, or say AI, generated, synthetic or deepfake',
    )
  if (strictest !== undefined && !isWhole)
    throw refuse(
      strictest,
      "a label that fits at 5 % of any picture's short side",
      `${text.length} characters`,
      'shorten --label-text to some 20 letters',
    )
  return { text, place, seconds, required: strictest !== undefined, on: on ?? strictest !== undefined }
}

/** Throws UsageError where an output cannot hold the metadata that a law asks for. */
export function requireMarks(output: string, laws: readonly Law[]): void {
  const law = laws.find((each) => PROFILES[each].metadata)
  if (law === undefined || MARKED.test(extname(output))) return
  throw new UsageError(
    `--law ${law}: expected an output that holds the metadata which ${PROFILES[law].rule} asks for but found ${extname(output)}`,
    {
      hint: 'choose .mp4, .mov, .jpg, .png or .webp',
    },
  )
}
