import { toast } from './toasts.ts'

/** Copies a text to the clipboard, and says so. `name` is what the text is, such as `Link`. */
export async function copy(name: string, text: string): Promise<void> {
  let title = `${name} copied`
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Not allowed, or a page without TLS, which has no clipboard. The toast shows the text anyway.
    title = `${name} not copied`
  }
  toast({ key: 'copied', title, detail: text })
}
