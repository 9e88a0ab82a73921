/** Many customers at once. */
import type { System } from './system.ts'

const SAY = [
  'Is my parcel on its way?',
  'The zip of the tent broke on the second day. Can it be repaired?',
  'Thanks, that worked!',
  'I need an invoice with another address on it, please.',
  'Which size is right for 184 cm?',
]

/** Lets so many customers begin a conversation, some at a time. */
export async function crowd(system: System, count: number, width = 16): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) {
      const number = ++next
      await system.customerBegins(`Customer ${String(number).padStart(5, '0')}`, SAY[number % SAY.length]!)
    }
  }
  await Promise.all(Array.from({ length: width }, work))
}

/** Waits until the API has at least so many conversations. */
export async function arrived(system: System, name: string): Promise<void> {
  const url = `${system.url}/api/v1/conversations?limit=1&search=${encodeURIComponent(name)}`
  for (;;) {
    const answer = await fetch(url, { headers: { authorization: 'Bearer mock-token' } })
    const { data } = (await answer.json()) as { data: unknown[] }
    if (data.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
