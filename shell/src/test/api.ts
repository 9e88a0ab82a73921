/** The API as tests want it, typed by its own description. */
import { setupServer } from 'msw/node'
import { createOpenApiHttp } from 'openapi-msw'

import type { paths } from '../api/schema'

export const http = createOpenApiHttp<paths>({ baseUrl: window.location.origin })
export const api = setupServer()

export const NOWHERE = { activity: null }
