//! Sheets of service-public.gouv.fr: the XML that the portal gives out, and its image in JSON.
//!
//! Source: Comarquage v3, <https://lecomarquage.service-public.fr/>, schemas `Publication.xsd` and
//! `ServiceComplementaire.xsd`; domain notes, section 5.8.

pub mod image;
pub mod sheet;
#[cfg(test)]
mod tests;
