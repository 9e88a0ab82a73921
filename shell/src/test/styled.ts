import { compile } from 'tailwindcss'
import { onTestFinished } from 'vitest'

/** The styles of an element on a device without hover, because jsdom ignores what is for certain screens only. */
export async function styled(element: Element): Promise<CSSStyleDeclaration> {
  const style = document.createElement('style')
  style.textContent = (await compile('@theme { --spacing: 4px; } @tailwind utilities;')).build([...element.classList])
  document.head.append(style)
  onTestFinished(() => style.remove())
  return getComputedStyle(element)
}
