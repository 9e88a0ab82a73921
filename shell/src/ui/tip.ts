export type Side = 'top' | 'right' | 'bottom'

/**
 * Gives an element a tip, which shows while the element is pointed at or has the focus. One component draws them for
 * the whole page (`Tips`), so hundreds of buttons cost nothing more than these attributes.
 */
export function tip(label: string, keys?: string, side: Side = 'bottom') {
  return { 'data-tip': label, 'data-tip-keys': keys, 'data-tip-side': side }
}
