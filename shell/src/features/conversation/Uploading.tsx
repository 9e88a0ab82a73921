import { Paperclip } from 'lucide-react'

import type { Written } from '#live/written.ts'
import { Button } from '#ui/Button.tsx'
import { Progress } from '#ui/Progress.tsx'

import { plain, size } from './file.ts'

interface UploadingProps {
  written: Written
  /** Takes the message back, to be edited. */
  stop: () => void
}

/** Files being sent, with their progress and a button to stop until all are sent. */
export function Uploading({ written, stop }: UploadingProps) {
  const { files, progress, state } = written
  return (
    <div className="mt-1 w-64 max-w-full">
      <ul>
        {files.map((file, index) => (
          // Several may have the same name, as pasted pictures do.
          <li key={index} className="flex items-center gap-1.5 text-sm">
            <Paperclip aria-hidden className="size-3.5 shrink-0 text-soft" />
            <bdi className="min-w-0 grow truncate">{plain(file.name)}</bdi>
            <span className="shrink-0 text-xs text-soft">{size(file.size)}</span>
          </li>
        ))}
      </ul>
      {state === 'sending' && (
        <div className="mt-1.5 flex items-center gap-2">
          <Progress label="Upload" done={progress} className="grow" />
          <Button className="h-6 px-2 text-xs" disabled={progress >= 1} onClick={stop}>
            Stop
          </Button>
        </div>
      )}
    </div>
  )
}
