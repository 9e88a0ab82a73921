import { compile } from 'tailwindcss'
import { onTestFinished } from 'vitest'

/** How something looks where nothing hovers: jsdom leaves out what is for certain screens only. */
export async function styled(element: Element): Promise<CSSStyleDeclaration> {
  const style = document.createElement('style')
  style.textContent = (await compile('@tailwind utilities;')).build([...element.classList])
  document.head.append(style)
  onTestFinished(() => style.remove())
  return getComputedStyle(element)
}
