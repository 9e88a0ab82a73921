import { session } from '#auth/session.ts'
import { Keys } from '#ui/Keys.tsx'
import { Sheet } from '#ui/Sheet.tsx'

const GROUPS: [string, [string, string][]][] = [
  [
    'Everywhere',
    [
      ['Mod+K', 'Command bar'],
      ['?', 'These keys'],
      ['G I', 'Go to the inbox'],
      ['G A', 'Go to approvals'],
      ['G C', 'Go to activity'],
      ['G O', 'Go to operations'],
    ],
  ],
  [
    'Inbox',
    [
      ['J', 'Next conversation'],
      ['K', 'Previous conversation'],
      ['Enter', 'Open'],
      ['X', 'Select'],
      ['Shift+X', 'Select up to here'],
      ['/', 'Search'],
    ],
  ],
  [
    'Conversation',
    [
      ['R', 'Reply'],
      ['N', 'Note'],
      ['Mod+Enter', 'Send'],
      ['/', 'Canned response, in the field'],
      ['E', 'Resolve, and on to the next'],
      ['S', 'Snooze'],
      ['A', 'Assign'],
      ['M', 'Assign to me'],
      ['T', 'Team'],
      ['L', 'Label'],
      ['P', 'Priority'],
      ['U', 'Mark as unread'],
      ['Esc', 'Leave the field; back to the list'],
    ],
  ],
]

interface HelpProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  enabled: boolean
  onEnabled: (enabled: boolean) => void
}

export default function Help({ open, onOpenChange, enabled, onEnabled }: HelpProps) {
  return (
    <Sheet title="Keys" open={open} onOpenChange={onOpenChange}>
      <div className="gap-x-8 p-5 pb-0 two:columns-2">
        {GROUPS.map(([name, keys]) => (
          <section key={name} className="break-inside-avoid pb-5">
            <h3 className="mb-2 text-sm font-semibold text-soft">{name}</h3>
            <dl className="flex flex-col gap-2">
              {keys.filter(([key]) => key !== 'G O' || session().person.may('operations:read')).map(([key, what]) => (
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
        Single keys do something
      </label>
    </Sheet>
  )
}
