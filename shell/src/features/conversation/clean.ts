/** Makes a mail's layout safe to show. */
import DOMPurify from 'dompurify'

/** Elements that mail programs put around quoted text. */
const QUOTES = 'blockquote[type=cite], .gmail_quote, .gmail_quote_container, .yahoo_quoted, .moz-cite-prefix ~ blockquote, #divRplyFwdMsg ~ *, #divRplyFwdMsg, #appendonsend ~ *'

/** Attributes that fetch something as soon as they are shown. */
const FETCHING = ['src', 'srcset', 'background', 'poster']

export interface Cleaned {
  readonly body: DocumentFragment
  /** Remote pictures; they are left out unless requested. */
  readonly remote: number
  readonly quoted: boolean
}

/** Removes everything that runs, fetches, or reaches beyond its own box. */
export function clean(html: string, pictures: boolean): Cleaned {
  const body = DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: ['style', 'form', 'input', 'button', 'select', 'textarea', 'audio', 'video', 'source', 'track', 'dialog'],
    FORBID_ATTR: ['name', 'ping', 'contenteditable', 'tabindex', 'autofocus'],
    ALLOW_DATA_ATTR: false,
  })
  let remote = 0
  for (const element of body.querySelectorAll<HTMLElement>('*')) {
    const style = element.getAttribute('style')
    if (style !== null) {
      // Styles must not leave their box or fetch anything; escapes and comments could hide that they do.
      if (/\\|\/\*|url\s*\(|image-set|position\s*:|@import|expression/i.test(style)) element.removeAttribute('style')
    }
    for (const name of FETCHING) {
      const address = element.getAttribute(name)
      if (address === null) continue
      if (name === 'src' && /^data:image\/(png|jpeg|gif|webp);/i.test(address)) continue
      const picture = name === 'src' && /^https?:\/\//i.test(address)
      if (picture) remote += 1
      if (!picture || !pictures) element.removeAttribute(name)
      // The page may fetch by https only, and browsers would upgrade these addresses themselves on an https page.
      else element.setAttribute(name, address.replace(/^http:/i, 'https:'))
    }
    if (element instanceof HTMLImageElement) {
      if (!element.hasAttribute('src')) element.remove()
      element.referrerPolicy = 'no-referrer'
      element.loading = 'lazy'
    }
    if (element instanceof HTMLAnchorElement) {
      if (!/^(https?|mailto|tel):/i.test(element.getAttribute('href') ?? '')) element.removeAttribute('href')
      element.target = '_blank'
      element.rel = 'noopener noreferrer'
    }
  }
  const quotes = [...body.querySelectorAll(QUOTES)]
  for (const quote of quotes) quote.setAttribute('data-quoted', '')
  for (const element of body.querySelectorAll('[id]')) element.removeAttribute('id')
  return { body, remote, quoted: quotes.length > 0 }
}
