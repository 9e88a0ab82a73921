import type { Message } from '#api/types.ts'
import { Fact } from '#ui/Fact.tsx'

interface Answer {
  name: string
  value: string
}

type Facts = Record<string, unknown>

/** Content types that are shown completely by their text and attachments. */
const WHOLE = new Set(['text', 'incoming_email', 'sticker'])

/** Whether a message is a question with more to it than its text, such as a form, a choice or a survey. */
export function asks({ contentType }: Message): boolean {
  return !WHOLE.has(contentType)
}

function factsOf(value: unknown): Facts {
  return typeof value === 'object' && value !== null ? (value as Facts) : {}
}

function listOf(value: unknown): Facts[] {
  return Array.isArray(value) ? value.map(factsOf) : []
}

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** The customer's answers, which Chatwoot keeps in the attributes of the question. */
export function answersOf({ contentAttributes }: Message): Answer[] {
  const { submitted_values: submitted, submitted_email: email, items } = factsOf(contentAttributes)
  const survey = factsOf(factsOf(submitted).csat_survey_response)
  // A form's answers carry the technical names of its fields; the questions are in its items.
  const question = (name: string) => wordsOf(listOf(items).find((item) => item.name === name)?.label)
  const answers = [
    ...listOf(submitted).map(({ name, title, value }) => ({
      name: wordsOf(title) || question(wordsOf(name)) || wordsOf(name),
      value: wordsOf(value),
    })),
    { name: 'E-mail', value: wordsOf(email) },
    { name: 'Rating', value: wordsOf(survey.rating) },
    { name: 'Feedback', value: wordsOf(survey.feedback_message) },
  ]
  return answers.filter(({ value }) => value !== '')
}

/** A list of what the customer answered, shown below the question. */
export function Answers({ answers }: { answers: Answer[] }) {
  return (
    <dl aria-label="Answered" className="mt-1.5 grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 border-t border-line-strong/60 pt-1.5 text-sm">
      {answers.map(({ name, value }, index) => (
        <Fact key={index} name={name}>
          <span dir="auto" className="whitespace-pre-wrap">
            {value}
          </span>
        </Fact>
      ))}
    </dl>
  )
}
