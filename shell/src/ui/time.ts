/** Times in words. `now` is a parameter, so that tests can set it. */
const DAY = 86_400_000

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const withYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** As short as a row of a list needs: `now`, `4 min`, `3 h`, `Mon`, `4 Sep`. */
export function briefly(instant: string, now: number): string {
  const at = Date.parse(instant)
  const seconds = Math.round((now - at) / 1000)
  if (seconds < 60) return 'now'
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 12 * 3_600) return `${Math.floor(seconds / 3_600)} h`
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY)
  if (days === 0) return clock.format(at)
  if (days < 7) return weekday.format(at)
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? dayOfYear.format(at) : withYear.format(at)
}

export function timeOfDay(instant: string): string {
  return clock.format(Date.parse(instant))
}

export function day(instant: string, now: number): string {
  const at = Date.parse(instant)
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? longDay.format(at) : withYear.format(at)
}

export function sameDay(a: string, b: string): boolean {
  return startOfDay(Date.parse(a)) === startOfDay(Date.parse(b))
}

export function exactly(instant: string): string {
  return exact.format(Date.parse(instant))
}

/** How long something has lasted: `less than a minute`, `4 min`, `3 h`, `2 days`. */
export function lasting(since: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(since)) / 60_000)
  if (minutes < 1) return 'less than a minute'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`
  return `${Math.floor(minutes / 1_440)} days`
}

/** The value of an `<input type=datetime-local>`, in local time. */
export function asField(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The instant of such a value: `2026-10-25 00:30:00 UTC`. Empty without one. */
export function inUtc(field: string): string {
  const at = Date.parse(field)
  return Number.isNaN(at) ? '' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** A duration: `8 s`, `3 min`. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 90) return `${seconds} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3_600)} h`
}
