mod errors;
mod fixture;
mod hand;
mod merge_list;
mod oracle;
mod recovery;
