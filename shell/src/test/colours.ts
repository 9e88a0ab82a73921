import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The colours of a theme, by name. */
export function coloursOf(theme: 'light' | 'dark'): Map<string, string> {
  const styles = readFileSync(join(import.meta.dirname, '../styles.css'), 'utf8')
  const [, block = ''] = (theme === 'light' ? /:root \{([^}]*)\}/ : /:root\[data-theme='dark'\] \{([^}]*)\}/).exec(styles) ?? []
  return new Map([...block.matchAll(/--([\w-]+): (oklch\([^)]*\));/g)].map(([, name = '', colour = '']) => [name, colour]))
}

/** The contrast ratio of two colours, as WCAG defines it. */
export function contrast(one = '', other = ''): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (lighter + 0.05) / (darker + 0.05)
}

/** The relative luminance of a colour such as `oklch(62% 0.014 260)`. */
function luminance(colour: string): number {
  const [lightness = Number.NaN, chroma = 0, hue = 0] = [...colour.matchAll(/[\d.]+/g)].map(Number)
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)]
  const cone = (of: number) => (lightness / 100 + of) ** 3
  const [l, m, s] = [cone(0.3963377774 * a + 0.2158037573 * b), cone(-0.1055613458 * a - 0.0638541728 * b), cone(-0.0894841775 * a - 1.291485548 * b)]
  const red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s
  const green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s
  const blue = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
