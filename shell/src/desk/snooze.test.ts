import { expect, test } from 'vitest'

import { snoozeChoices } from './snooze.ts'

const names = (now: Date) => snoozeChoices(now).map((one) => one.name)
const until = (now: Date, name: string) => snoozeChoices(now).find((one) => one.name === name)?.until

test('times are round, in the future, and in the morning', () => {
  const now = new Date(2026, 8, 2, 10, 40)
  expect(until(now, 'Later today')).toEqual(new Date(2026, 8, 2, 13))
  expect(until(now, 'Tomorrow')).toEqual(new Date(2026, 8, 3, 9))
  expect(until(now, 'Next week')).toEqual(new Date(2026, 8, 7, 9))
  expect(until(now, 'Until the customer replies')).toBeNull()
  for (const choice of snoozeChoices(now)) {
    if (choice.until) expect(choice.until.getTime()).toBeGreaterThan(now.getTime())
  }
})

test('late in the evening today is over, and on a Sunday next week is tomorrow', () => {
  expect(names(new Date(2026, 8, 2, 22))).not.toContain('Later today')
  expect(names(new Date(2026, 8, 6, 12))).not.toContain('Next week')
  expect(until(new Date(2026, 8, 7, 12), 'Next week')).toEqual(new Date(2026, 8, 14, 9))
})
