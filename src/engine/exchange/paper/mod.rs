//! The paper venue: a whole exchange with its own durable file, its own order log, and no knowledge of the Desk.
