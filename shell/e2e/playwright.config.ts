import { defineConfig } from '@playwright/test'

/** A browser that is installed here; none is ever fetched. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

export default defineConfig({
  testDir: '.',
  outputDir: '.results',
  // Each has programs and data of its own, and waits for them most of the time.
  workers: 2,
  // Those that try every screen take 15 seconds on a machine that does nothing else.
  timeout: 300_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  projects: [
    { name: 'tests', testMatch: '*.spec.ts' },
    { name: 'pictures', testMatch: 'pictures.ts', timeout: 600_000 },
    { name: 'measure', testMatch: 'measure.ts', timeout: 600_000 },
  ],
  use: {
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
