import { type Html, html } from '../report/page.ts'

/** Most previews that the page lists: evenly over the run, the newest always. */
const MOST_PREVIEWS = 200

interface Preview {
  readonly file: string
  readonly step: number
}

/** Keeps at most `most`, evenly, with the first and the last. */
function thinned(previews: readonly Preview[], most: number): readonly Preview[] {
  if (previews.length <= most) return previews
  return Array.from({ length: most }, (_, i) => previews[Math.round((i * (previews.length - 1)) / (most - 1))]!)
}

/** The newest preview with a slider over all; works without a script, then without the slider. */
export function previewSlider(all: readonly Preview[]): Html {
  const previews = thinned(all, MOST_PREVIEWS)
  const newest = previews.at(-1)!
  const steps = previews.map(({ step }) => step).join(' ')
  const files = previews.map(({ file }) => file).join(' ')
  return html`<div class="previews" id="previews" data-steps="${steps}" data-files="${files}">
<label for="when">Step <output id="step" for="when">${newest.step}</output></label>
<input type="range" id="when" min="0" max="${previews.length - 1}" value="${previews.length - 1}" aria-valuetext="step ${newest.step}">
<figure class="scroll"><a id="large" href="previews/${newest.file}"><img id="preview" src="previews/${newest.file}" alt="Source, its reconstruction and mask; target, its reconstruction and mask; the swap and its mask, at step ${newest.step}"></a></figure>
</div>`
}

/**
 * Moves through the previews. The place lies in the address (`#step=500`), so that it outlives a reload and can be shared;
 * at the newest there is none, and the page goes on to what is newer.
 */
export const PREVIEW_SCRIPT = `(() => {
  const at = (id) => document.getElementById(id)
  try {
    const y = sessionStorage.getItem('scroll')
    if (y !== null) scrollTo(0, Number(y))
    addEventListener('pagehide', () => sessionStorage.setItem('scroll', String(scrollY)))
  } catch { /* No storage in this browser: a reload begins at the top. */ }
  const box = at('previews')
  if (!box) return
  const steps = box.dataset.steps.split(' ').map(Number)
  const files = box.dataset.files.split(' ')
  const slider = at('when')
  const alt = at('preview').alt
  const show = (i) => {
    slider.value = i
    slider.setAttribute('aria-valuetext', 'step ' + steps[i])
    at('step').textContent = steps[i].toLocaleString('en-US')
    at('preview').src = at('large').href = 'previews/' + files[i]
    at('preview').alt = alt.replace(/step \\d+$/, 'step ' + steps[i])
  }
  const fromAddress = () => {
    const asked = Number((/step=(\\d+)/.exec(location.hash) || [])[1] || Infinity)
    const later = steps.findIndex((step) => step >= asked)
    show(later < 0 ? steps.length - 1 : later)
  }
  slider.addEventListener('input', () => {
    const i = Number(slider.value)
    show(i)
    history.replaceState(null, '', i === steps.length - 1 ? location.href.replace(/#.*/, '') : '#step=' + steps[i])
  })
  addEventListener('hashchange', fromAddress)
  fromAddress()
})()`
