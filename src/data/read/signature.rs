/// The first bytes of a file, by which a wrong name is noticed.
pub(super) struct Signature {
    pub bytes: &'static [u8],
    /// What begins with these bytes, for messages.
    pub name: &'static str,
}
