"""What we send on, and fetch from elsewhere: rules, a durable queue, one sender for each destination.

`domain` decides, `tables` and `queries` hold the queue, `ledger` writes it inside the node's one writer,
`orders` is what people ask for, `attempt` does one job, `forwarder` gives each destination a thread,
`reports` hears what peers commit to. Delivery and acknowledgement are two axes of a job.
"""
