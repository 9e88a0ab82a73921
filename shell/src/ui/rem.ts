/** The font size set in the browser, in pixels; read once. */
const ROOT = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16

/** Converts rem to whole pixels. */
export function rem(times: number): number {
  return Math.round(times * ROOT)
}
