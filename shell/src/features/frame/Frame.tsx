import { useQueryClient } from '@tanstack/react-query'
import { useLocation, useNavigate, useRouter } from '@tanstack/react-router'
import { type ReactNode, useEffect, useLayoutEffect, useState } from 'react'

import type { Approval } from '#api/types.ts'
import { session, showRoles, useRoles } from '#auth/session.ts'
import { inSight } from '#desk/sight.ts'
import { useLive } from '#live/context.ts'
import { keys } from '#live/keys.ts'
import { onNews } from '#live/news.ts'
import type { Outbox } from '#live/outbox.ts'
import { isHeldUp } from '#live/written.ts'
import { keepFocus } from '#ui/focus.ts'
import { SINGLE_KEYS, useKeys } from '#ui/keyboard.ts'
import { lazily } from '#ui/lazily.tsx'
import { isWide, PANES } from '#ui/media.ts'
import { useRemembered } from '#ui/remembered.ts'
import { Tips } from '#ui/Tips.tsx'
import { dismiss, dismissAbout, toast } from '#ui/toasts.ts'
import { Toasts } from '#ui/Toasts.tsx'
import { useUnlessWriting } from '#ui/writing.ts'

import { outdatedBy, toastOf } from './news.ts'
import { NotLive } from './NotLive.tsx'
import { places, PLACES } from './places.ts'
import { Rail } from './Rail.tsx'
import { SignedOut } from './SignedOut.tsx'

const loadHelp = () => import('./Help.tsx')
const loadCommandBar = () => import('./CommandBar.tsx')
const Help = lazily(loadHelp)
const CommandBar = lazily(loadCommandBar)
const Banner = lazily(() => import('./Banner.tsx'))

/**
 * What is around every screen. It is rendered anew when the person's permissions change, because that may affect
 * anything; drafts are kept. Nobody is interrupted while they write: until they leave the field, what they could do
 * before counts.
 */
export function Frame({ children }: { children: ReactNode }) {
  const { told, shown } = useRoles()
  const next = useUnlessWriting(told)
  useLayoutEffect(() => {
    if (next !== shown) showRoles()
  }, [next, shown])
  return <Around key={shown}>{children}</Around>
}

function Around({ children }: { children: ReactNode }) {
  const navigate = useNavigate()
  const router = useRouter()
  useEffect(() => router.subscribe('onRendered', keepFocus), [router])
  const [help, setHelp] = useState(false)
  const [commands, setCommands] = useState(false)
  const [singleKeys, setSingleKeys] = useRemembered(SINGLE_KEYS, true)
  useKeys({
    'mod+k': () => setCommands(true),
    '?': () => setHelp(true),
    ...Object.fromEntries(places().map(({ keys, to }) => [keys.toLowerCase(), () => void navigate({ to })])),
  })
  useNews()
  useTitle()
  useEffect(() => {
    // Loaded in advance, so that somebody who types right after the shortcut loses nothing.
    const timer = setTimeout(() => void Promise.allSettled([loadHelp(), loadCommandBar()]), 1_500)
    return () => clearTimeout(timer)
  }, [])
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to content
      </a>
      <div className="flex h-dvh flex-col">
        <SignedOut />
        <NotLive />
        <div className="flex min-h-0 grow flex-col two:flex-row">
          <Rail />
          <main id="main" tabIndex={-1} className="min-h-0 min-w-0 grow outline-none">
            {children}
          </main>
        </div>
      </div>
      <Banner />
      <Toasts />
      {help && (
        <Help open onOpenChange={setHelp} enabled={singleKeys} onEnabled={setSingleKeys} missing={() => setHelp(false)} />
      )}
      {commands && (
        <CommandBar open onOpenChange={setCommands} onHelp={() => setHelp(true)} missing={() => setCommands(false)} />
      )}
      <Tips />
    </>
  )
}

/** Puts the name of the screen into the title, for tabs and the history. */
function useTitle(): void {
  const screen = useLocation({ select: ({ pathname }) => PLACES.find(({ to }) => to === `/${pathname.split('/')[1] ?? ''}`)?.name })
  const [name] = useState(document.title)
  useEffect(() => {
    document.title = screen === undefined ? name : `${screen} · ${name}`
    return () => {
      document.title = name
    }
  }, [screen, name])
}

/** Shows toasts for what happens elsewhere. */
function useNews(): void {
  const router = useRouter()
  const live = useLive()
  const client = useQueryClient()
  useEffect(
    () =>
      onNews((news) => {
        if (news.kind === 'sent' || news.kind === 'settled') {
          dismissAbout(news.kind === 'sent' ? news.written.clientId : news.messageId)
          return
        }
        const outdated = outdatedBy(news, session())
        if (outdated) dismiss(outdated)
        const { pathname } = router.state.location
        const asked = /^\/approvals\/(.+)$/.exec(pathname)?.[1]
        const told = toastOf(news, {
          pathname,
          beside: asked && client.getQueryData<Approval>(keys.approval(asked))?.conversationId,
          wide: isWide(PANES),
          person: session().person,
          isListed: (id) => inSight(id, live.placeInList(id)),
          nameOf: (id) => live.look(id)?.contact?.name,
        })
        if (!told) return
        const { opens, ...rest } = told
        toast(opens ? { ...rest, action: { label: opens.label, run: () => void router.navigate(opens.at) } } : rest)
      }),
    [router, live, client],
  )
  useEffect(() => {
    let waiting = heldUpIn(live.outbox)
    return live.outbox.entries.subscribe(() => {
      const now = heldUpIn(live.outbox)
      // Tried again, edited or discarded, here or in another tab.
      for (const clientId of waiting) if (!now.has(clientId)) dismissAbout(clientId)
      waiting = now
    })
  }, [live])
}

function heldUpIn({ entries }: Outbox): Set<string> {
  return new Set([...entries.get().values()].flat().filter(isHeldUp).map(({ clientId }) => clientId))
}
