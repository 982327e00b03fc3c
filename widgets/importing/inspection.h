#pragma once

#include "backend/protocol/finding.h"
#include "backend/protocol/schema.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace assay::widgets {

/// What the engine says of a file or folder from outside: the reply to `import.inspect` (docs/protocol.md).
struct Inspection
{
    QString kind;   ///< "model", "data", "attack", or empty when nothing recognises it
    QString format; ///< key of the format
    QString title;  ///< the format's name for people
    protocol::Schema schema;
    Json values = Json::object(); ///< of the schema's fields, with the user's corrections applied
    QStringList asks;             ///< fields that only the user can know
    protocol::Findings findings;
    Json details = Json::object(); ///< of the format, for display

    bool isRecognised() const { return !kind.isEmpty(); }
    bool hasProblem() const;
    /// Nothing is asked and no problem stands: `import.add` would be taken.
    bool isReady() const { return isRecognised() && asks.isEmpty() && !hasProblem(); }
};

/// Never throws: what is missing or of another type stays empty, and a form that cannot be read (of a newer
/// engine) becomes a finding.
Inspection readInspection(const Json& reply);

/// Labels of @p inspection's asked fields, in the form's order: "Height and Width".
QString askedLabels(const Inspection& inspection);

/// A row of the details, nested members with the path of their names.
struct DetailFact
{
    QString name;
    QString value;
    bool operator==(const DetailFact&) const = default;
};

/// A list among the details.
struct DetailTable
{
    QString title; ///< "Tensors that do not fit"
    QStringList columns;
    QList<QStringList> rows;
};

struct Details
{
    QList<DetailFact> facts;
    QList<DetailTable> tables;
    bool isEmpty() const { return facts.isEmpty() && tables.isEmpty(); }
};

/// Sorts the details for display. Lists named `missing`, `unexpected` and `misshaped` (of names, or of
/// objects with `name`, `expected` and `found`) become one table of tensors; other lists one table each.
Details readDetails(const Json& details);

} // namespace assay::widgets
