"""A link that opens one model for anybody who has it, read-only, until its owner takes it back."""

from __future__ import annotations

import secrets
import time

from sqlalchemy import delete, insert, select

from lmcore.library import schema
from lmcore.library.models import Model, Models


class Shares(Models):
    """Share, open, revoke."""

    def share_model(self, workspace: str, model_id: str) -> str:
        """The token of this model's link, made on purpose and the same until it is revoked. 22 random characters."""
        with self.db.write() as conn:
            row = self.model_row(conn, workspace, model_id)
            if row.share:
                return str(row.share)
            token = secrets.token_urlsafe(16)
            conn.execute(insert(schema.shares).values(token=token, model_id=row.id, created=int(time.time())))
        return token

    def revoke_share(self, workspace: str, model_id: str) -> None:
        """End the link. Nothing happens if there is none."""
        with self.db.write() as conn:
            row = self.model_row(conn, workspace, model_id)
            conn.execute(delete(schema.shares).where(schema.shares.c.model_id == row.id))

    def shared(self, token: str) -> Model | None:
        """The model of a link, or None when it opens nothing (any more). It says nothing of whose it is."""
        table, share = schema.models, schema.shares
        with self.db.read() as conn:
            query = select(table, share.c.token.label("share")).join(share, share.c.model_id == table.c.id)
            row = conn.execute(query.where(share.c.token == token)).first()
        return None if row is None else self.as_model(row)
