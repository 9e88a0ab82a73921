/** How large the person wants letters to be: what is as high as its words grows with them. Pixels, asked for once. */
const ROOT = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16

/** So many times that, in pixels. */
export function rem(times: number): number {
  return Math.round(times * ROOT)
}
