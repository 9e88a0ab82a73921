import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, process.cwd(), '').AXIS_API ?? 'http://127.0.0.1:8000'
  return {
    base: '/app/',
    plugins: [react(), tailwindcss()],
    build: { manifest: true, target: 'es2023', sourcemap: true },
    // In development the API answers under the same origin, as it does in production.
    server: { proxy: { '/api': { target: api, changeOrigin: true } } },
    preview: { proxy: { '/api': { target: api, changeOrigin: true } } },
  }
})
