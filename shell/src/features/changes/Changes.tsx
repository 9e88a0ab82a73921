import { useEffect } from 'react'

import { useStore } from '#base/store.ts'
import { type ActionName, actionsByKey, endingOf, perform } from '#desk/actions.ts'
import { asked, want } from '#desk/asked.ts'
import { useOpen } from '#desk/open.ts'
import { focusedRow, selection } from '#desk/selection.ts'
import { useLive } from '#live/context.ts'
import { useKeys } from '#ui/keyboard.ts'
import { lazily } from '#ui/lazily.tsx'

import { useActs } from './useActs.ts'

const loadPicker = () => import('./Picker.tsx')
const Picker = lazily(loadPicker)
const Escalate = lazily(() => import('./Escalate.tsx'))

/** Changes of conversations, from wherever they are requested: their keys, dialogs and toasts. */
export function Changes() {
  const live = useLive()
  const question = useStore(asked)
  const open = useOpen()
  const { make, take } = useActs(open)
  useEffect(() => {
    const timer = setTimeout(() => void loadPicker().catch(() => undefined), 2_000)
    return () => clearTimeout(timer)
  }, [])

  /** The selected conversations, or else the open one, or the row with the focus. */
  const about = (): readonly string[] => {
    if (selection.get().length > 0) return selection.get()
    const one = open ?? focusedRow()
    return one ? [one] : []
  }

  const act = (what: ActionName) => {
    const ids = about()
    if (what === 'me') void take(ids)
    else if (what === 'resolve') want(ids, endingOf(ids.every((id) => live.look(id)?.status === 'resolved')).change)
    else perform(what, ids)
  }
  useKeys(Object.fromEntries(actionsByKey().map(([what, { keys }]) => [keys.toLowerCase(), () => act(what)])))

  if (!question) return null
  const close = () => asked.set(null)
  const [first] = question.about
  if (question.what === 'escalate') {
    return first !== undefined && <Escalate id={first} close={close} missing={close} />
  }
  return (
    <Picker
      key={`${question.what} ${question.about.join(' ')}`}
      asked={question}
      choose={async (to) => {
        if (question.then) question.then(to)
        else await make(question.about, to)
      }}
      close={close}
      missing={close}
    />
  )
}
