/** Links that write to a customer or call them, with the address and number that the customer gave. */

/** A link that starts an e-mail to this address, and to nobody else. */
export function mailTo(email: string): string {
  return `mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`
}

/** A number as RFC 3966 writes it, up to what is none, such as an extension. */
const NUMBER = /\+?[\d(][\d\s().-]*/

/** A link that calls this number; null if it is none, or a code that sets up the phone. */
export function callTo(phone: string): string | null {
  if (/[*#]/.test(phone)) return null
  const number = NUMBER.exec(phone.normalize('NFKC'))?.[0].replaceAll(/\s/g, '') ?? ''
  return /\d/.test(number) ? `tel:${number}` : null
}
