import { session } from '#auth/session.ts'
import { actionsByKey } from '#desk/actions.ts'
import { mayAsk } from '#desk/asked.ts'
import { Keys } from '#ui/Keys.tsx'
import { Sheet } from '#ui/Sheet.tsx'

import { places } from './places.ts'

/** The keyboard shortcuts that this person can use. */
const groups = (): [string, [string, string][]][] => [
  [
    'Everywhere',
    [
      ['Mod+K', 'Command bar'],
      ['?', 'Show these shortcuts'],
      ...(mayAsk() ? [['Z', 'Undo, while it is offered'] satisfies [string, string]] : []),
      ...places().map(({ keys, go }): [string, string] => [keys, go]),
    ],
  ],
  [
    'Inbox',
    [
      ['J', 'Next conversation'],
      ['K', 'Previous conversation'],
      ['Enter', 'Open'],
      ...selecting(),
      ['/', 'Search'],
    ],
  ],
  [
    'Conversation',
    [
      ...writing(),
      ...actionsByKey().map(([, { keys, short }]): [string, string] => [keys, short]),
      ['Esc', 'Leave the field; back to the list'],
    ],
  ],
]

function selecting(): [string, string][] {
  return mayAsk() ? [['X', 'Select'], ['Shift+X', 'Select up to here']] : []
}

function writing(): [string, string][] {
  if (!session().person.may('conversations:reply')) return []
  return [['R', 'Reply'], ['N', 'Note'], ['Mod+Enter', 'Send'], ['/', 'Canned response, in the field']]
}

interface HelpProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  enabled: boolean
  onEnabled: (enabled: boolean) => void
}

export default function Help({ open, onOpenChange, enabled, onEnabled }: HelpProps) {
  return (
    <Sheet title="Keyboard shortcuts" open={open} onOpenChange={onOpenChange}>
      <div className="gap-x-8 p-5 pb-0 two:columns-2">
        {groups().map(([name, keys]) => (
          <section key={name} className="break-inside-avoid pb-5">
            <h3 className="mb-2 text-sm font-semibold text-soft">{name}</h3>
            <dl className="flex flex-col gap-2">
              {keys.map(([key, what]) => (
                <div key={key} className="flex items-center justify-between gap-3">
                  <dt className="order-last shrink-0">
                    <Keys keys={key} />
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="flex items-center gap-2 border-t border-line px-5 py-4">
        <input type="checkbox" checked={enabled} onChange={(event) => onEnabled(event.target.checked)} className="size-4 accent-accent" />
        Enable single-key shortcuts
      </label>
    </Sheet>
  )
}
