import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  const settings = loadEnv(mode, process.cwd(), '')
  const api = settings.AXIS_API ?? 'http://127.0.0.1:8000'
  return {
    base: settings.SHELL_BASE ?? '/app/',
    plugins: [react(), tailwindcss()],
    build: {
      manifest: true,
      target: 'es2023',
      sourcemap: true,
      rolldownOptions: {
        output: {
          codeSplitting: {
            // What most people see first comes in one piece, not in thirty that are asked for one after the other.
            groups: [{ name: 'inbox', test: /src\/(main|routes\/inbox(\.index)?\.lazy)\.tsx$/ }],
          },
        },
      },
    },
    // In development the API answers under the same origin, as it does in production.
    server: { proxy: { '/api': { target: api, changeOrigin: true } } },
    preview: { proxy: { '/api': { target: api, changeOrigin: true } } },
  }
})
