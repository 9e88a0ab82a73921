/** A time until which a conversation can be snoozed. */
export interface SnoozeChoice {
  readonly name: string
  /** `null` means until the customer writes. */
  readonly until: Date | null
}

const MORNING = 9

function morning(of: Date, days: number): Date {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate() + days, MORNING)
}

/** "Later today" is offered only while there is such a time; next week starts on Monday. */
export function snoozeChoices(now: Date): SnoozeChoice[] {
  const inThreeHours = new Date(now.getTime() + 3 * 3_600_000)
  inThreeHours.setMinutes(0, 0, 0)
  const choices: SnoozeChoice[] = []
  if (inThreeHours.getDate() === now.getDate()) choices.push({ name: 'Later today', until: inThreeHours })
  choices.push({ name: 'Tomorrow', until: morning(now, 1) })
  const toMonday = (8 - now.getDay()) % 7 || 7
  if (toMonday > 1) choices.push({ name: 'Next week', until: morning(now, toMonday) })
  choices.push({ name: 'In a month', until: morning(now, 30) })
  choices.push({ name: 'Until the customer replies', until: null })
  return choices
}
