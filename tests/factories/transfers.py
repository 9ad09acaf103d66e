"""A rule and a job of the queue, for whoever needs one that is there."""

from dicom_node.forward.ledger import fresh
from dicom_node.forward.tables import Transfer
from tests.factories.cases import ok
from tests.fixtures.product import Product

RULE = {
    "institution_id": "{township}",
    "source_ae_title": None,
    "modality": None,
    "destination": "NEAR_PACS",
    "commitment": False,
}


async def a_rule(product: Product) -> str:
    """What the township sends to a peer that can be called; the rule's id."""
    administrator = await product.signed_in("administrator")
    county, township = product.places["county"], product.places["township"]
    near = {"ae_title": "NEAR_PACS", "institution_id": county, "host": "127.0.0.1", "port": 104}
    ok(await administrator.post("/api/peers", json=near))
    rule = RULE | {"institution_id": township}
    return str(ok(await administrator.post("/api/forward-rules", json=rule))["rule_id"])


async def a_waiting_job(product: Product) -> str:
    """A study of the township on its way; the job's id."""
    now = product.clock.now()
    job = Transfer(
        **fresh(
            now,
            kind="send",
            institution_id=product.places["township"],
            study_instance_uid="1.2.3.4",
            study_date="20260302",
            modalities=["CT"],
            peer_ae_title="NEAR_PACS",
            commitment=False,
            total=1,
        )
    )
    async with product.platform.database.write() as tx:
        tx.add(job)
    return job.transfer_id
