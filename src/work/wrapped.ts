/** Columns of a terminal's line, less one. */
const COLUMNS = 79
/** Before the first line of a warning. */
const WARNING = 'warning: '

/** Breaks a text into lines of at most `columns`, the second and later ones indented. */
export function wrapped(text: string, columns = COLUMNS): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(line === undefined ? word : `    ${word}`)
  }
  return lines.join('\n')
}

/** A warning in lines that any terminal shows whole, even while a bar has turned its line wrap off. */
export function wrappedWarning(text: string): string {
  return wrapped(text, COLUMNS - WARNING.length)
}
