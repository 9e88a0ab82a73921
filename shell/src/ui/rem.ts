/** The font size that the person set in the browser, in pixels; read once. */
const ROOT = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16

/** Converts multiples of that size to whole pixels. */
export function rem(times: number): number {
  return Math.round(times * ROOT)
}
