export type Side = 'top' | 'right' | 'bottom'

/**
 * What is said about an element while it is pointed at or has the focus. One place draws it for the whole
 * page (`Tips`): hundreds of buttons need nothing for it but this.
 */
export function tip(label: string, keys?: string, side: Side = 'bottom') {
  return { 'data-tip': label, 'data-tip-keys': keys, 'data-tip-side': side }
}
