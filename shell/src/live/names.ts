/** Keeps the names in loaded rows, which say whom they concern, as events say them. */
import type { About, Announcement } from '../api/types.ts'

import type { Paged } from './pages.ts'

interface Row {
  conversationId?: string | null
  about?: About | null
}

interface Page {
  data: Row[]
  late?: readonly Row[]
}

/** Rows as queries have them: in pages, in a list, or one alone. */
type Rows = Paged<Page> | Page | Row

/** The rows with the names that an event says. What does not change stays the same object. */
export function withNames<T extends Rows>(rows: T, told: Announcement): T
export function withNames(rows: Rows, told: Announcement): Rows {
  // Events of before names were told say nothing about them.
  if (told.about === undefined) return rows
  if (!('pages' in rows)) return 'data' in rows ? inPage(rows, told) : inRow(rows, told)
  const pages = each(rows.pages, (page) => inPage(page, told))
  return pages === rows.pages ? rows : { ...rows, pages: [...pages] }
}

function inPage(page: Page, told: Announcement): Page {
  const data = each(page.data, (row) => inRow(row, told))
  const late = page.late && each(page.late, (row) => inRow(row, told))
  if (data === page.data && late === page.late) return page
  return { ...page, data: [...data], ...(late && { late }) }
}

function inRow(row: Row, told: Announcement): Row {
  const about = aboutNow(row, told)
  return isSame(about, row.about) ? row : { ...row, about: about ?? null }
}

/** An event about a conversation says whom all of that conversation concerns, and one about a contact what they are called. */
function aboutNow({ conversationId, about }: Row, told: Announcement): About | null | undefined {
  if (told.conversationId) return conversationId === told.conversationId ? told.about : about
  const isTheirs = about?.contact != null && about.contact.id === told.data.contact
  return isTheirs ? { ...about, contact: told.about?.contact ?? null } : about
}

function isSame(one: About | null | undefined, other: About | null | undefined): boolean {
  return (
    one?.contact?.id === other?.contact?.id &&
    one?.contact?.name === other?.contact?.name &&
    one?.chatwootConversationId === other?.chatwootConversationId &&
    one?.channel === other?.channel
  )
}

/** The list with each of its parts changed, or the same list if none was. */
function each<T>(list: readonly T[], change: (part: T) => T): readonly T[] {
  const changed = list.map(change)
  return changed.some((part, index) => part !== list[index]) ? changed : list
}
