/** The API's names in words. */
export const PRIORITIES = ['urgent', 'high', 'medium', 'low'] as const
export const STATUSES = ['open', 'pending', 'snoozed', 'resolved'] as const

export function titled(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
