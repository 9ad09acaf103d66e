"""Which studies a caller may see, handed down as data by the floor above."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StudyScope:
    """A caller's reach into the archive.

    `institution_ids`: institutions whose every study is visible. `shared`: further studies,
    each named by (institution_id, StudyInstanceUID), the copy of that institution.
    `store_as`: the institution under which the caller may store objects, if any.
    """

    institution_ids: frozenset[str] = frozenset()
    shared: frozenset[tuple[str, str]] = frozenset()
    store_as: str | None = None

    @property
    def whole(self) -> str | None:
        """The one institution that this reach consists of, None when it is more or less."""
        if len(self.institution_ids) != 1 or any(
            owner not in self.institution_ids for owner, _ in self.shared
        ):
            return None
        (own,) = self.institution_ids
        return own

    def allows(self, institution_id: str, study_instance_uid: str) -> bool:
        """True when this institution's copy of the study is visible."""
        return institution_id in self.institution_ids or (institution_id, study_instance_uid) in self.shared


NOTHING = StudyScope()
