import type { Browser } from 'playwright-core'

/** Headless Chromium from npm, with the libraries it brings along. */
export async function launchChromium(): Promise<Browser> {
  // Read when the package is imported: it unpacks its own libraries only where it takes the machine for one without them.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs22.x'
  const [{ default: binary }, { chromium }] = await Promise.all([
    import('@sparticuz/chromium'),
    import('playwright-core'),
  ])
  // Not the package's own arguments: they are for a function in a cloud, with one process and without web security.
  return chromium.launch({
    executablePath: await binary.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
    headless: true,
  })
}
