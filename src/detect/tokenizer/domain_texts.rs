/// Texts that represent a domain.
#[derive(Clone, Copy, Debug)]
pub struct DomainTexts<'a> {
    /// Name of the domain, for errors.
    pub name: &'a str,
    /// Its texts in random order, of which the first ones are used.
    pub texts: &'a [&'a str],
}
