import { QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { Failure } from './api/failure.ts'
import { SIGNED_OUT } from './auth/provider.ts'
import { begin, session } from './auth/session.ts'
import { Door } from './features/door/Door.tsx'
import { wait } from './live/backoff.ts'
import { LiveProvider } from './live/context.ts'
import { Live } from './live/live.ts'
import { createQueryClient } from './live/queryClient.ts'
import { tree } from './routes/tree.tsx'
import { Broken } from './ui/lazily.tsx'
import { takeUpUnsent } from './ui/unsent.ts'
import './styles.css'

const queryClient = createQueryClient()
/** Created once, however often somebody tries to sign in: it watches answers from the first one on. */
const live = new Live(queryClient)

const router = createRouter({
  routeTree: tree,
  basepath: import.meta.env.BASE_URL,
  context: { queryClient },
  defaultErrorComponent: Broken,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  // Addresses that people can read and write: without quotes and braces.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const said = Object.entries(search).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const place = document.getElementById('root')
if (!place) throw new Error('the page has no place for the Shell')
const page = createRoot(place)

let opening: Promise<void> | null = null

/** Opens the workspace, or says why that is not possible; only once, however often somebody tries in the meantime. */
function open(failures = 0): Promise<void> {
  opening ??= letIn(failures).finally(() => (opening = null))
  return opening
}

async function letIn(failures: number): Promise<void> {
  try {
    // Loads the data for the address while the API says who is signed in.
    await begin(() => void router.load())
  } catch (error) {
    const failure = Failure.from(error)
    const waits = failure.passing && failure.code !== 'signed-out'
    const again = waits ? setTimeout(() => void open(failures + 1), wait(failures + 1, failure)) : undefined
    const enter = () => {
      clearTimeout(again)
      if (window.location.pathname === SIGNED_OUT) window.history.replaceState(null, '', import.meta.env.BASE_URL)
      void open()
    }
    page.render(<Door failure={failure} enter={enter} signOut={session().signOut} />)
    return
  }
  takeUpUnsent(session().person.id)
  live.start()
  page.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <LiveProvider value={live}>
          <RouterProvider router={router} />
        </LiveProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}

void open()
