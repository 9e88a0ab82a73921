import js from '@eslint/js'
import importX from 'eslint-plugin-import-x'
import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import ts from 'typescript-eslint'

const features = ['frame', 'inbox', 'conversation', 'changes', 'activity', 'approvals', 'operations', 'door']

/** `target` may import nothing of `from`. */
const zone = (target, from, message) => ({ target: `src/${target}`, from: `src/${from}`, message })

export default ts.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'e2e/.results'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  hooks.configs.flat['recommended-latest'],
  a11y.flatConfigs.recommended,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'public/*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    rules: {
      'import-x/order': [
        'error',
        {
          groups: ['builtin', 'external', 'internal', 'parent', 'sibling'],
          pathGroups: [{ pattern: '#**/**', group: 'internal', position: 'before' }],
          pathGroupsExcludedImportTypes: [],
          alphabetize: { order: 'asc', caseInsensitive: true },
          'newlines-between': 'always',
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // Packages are not followed: ours can be in no cycle with them, and that took half of all the time.
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            ...['ui', 'desk', 'live', 'api', 'auth', 'features', 'routes'].map((part) =>
              zone('base', part, 'base is what all the rest is built on'),
            ),
            ...['ui', 'desk', 'live', 'api', 'auth', 'features'].map((part) =>
              zone(part, 'routes', 'routes are at the top: nothing imports them'),
            ),
            ...['ui', 'desk', 'live', 'api', 'auth'].map((part) =>
              zone(part, 'features', 'features import this, not the other way round'),
            ),
            ...features.flatMap((one) =>
              features
                .filter((other) => other !== one)
                .map((other) =>
                  zone(`features/${one}`, `features/${other}`, 'a feature never imports another one; a route brings them together'),
                ),
            ),
            zone('ui', 'live', 'ui shows what it is given'),
            zone('ui', 'auth', 'ui shows what it is given'),
            zone('api', 'live', 'api answers; live keeps answers up to date'),
            zone('api', 'ui', 'api has no looks'),
            zone('live', 'ui', 'live has no looks'),
            zone('desk', 'ui', 'desk has no looks'),
            ...['live', 'api', 'auth', 'ui'].map((part) => zone(part, 'desk', 'desk is built on this')),
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'crypto', property: 'randomUUID', message: 'pages without TLS lack it: use randomUuid() of base' },
      ],
    },
    settings: {
      // Without these no file of ours is read for cycles.
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        importX.createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.json'] }),
      ],
    },
  },
  { files: ['**/*.{js,mjs}'], extends: [ts.configs.disableTypeChecked], languageOptions: { globals: globals.node }, rules: { 'no-console': 'off' } },
  { files: ['public/*.js'], languageOptions: { globals: globals.browser, sourceType: 'script' } },
  {
    files: ['src/**/*.test.{ts,tsx}', 'src/test/**', 'e2e/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
