/**
 * Makes relative paths mean the folder the user stands in. npm runs scripts in the package's folder and leaves the user's in
 * INIT_CWD. Only for the repository's own script of that name: in anyone else's script, relative paths mean what npm makes them mean.
 * @param script the name of the npm script, `kms` or `start`
 */
export function standWithTheUser(script: string): void {
  const folder = process.env.INIT_CWD
  if (process.env.npm_lifecycle_event === script && folder !== undefined) process.chdir(folder)
}
