/** What is wrong with a password beyond its length, which the schemas say (NIST SP 800-63B §5.1.1.2). */
export function passwordFault(password: string, email: string): string | undefined {
  return password.toLowerCase() === email.toLowerCase() ? 'must not be the e-mail address' : undefined;
}
