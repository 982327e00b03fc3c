#pragma once

#include "backend/protocol/error.h"

#include <QString>

namespace assay::test {

/// What the Error says that @p call throws; "no error" when it throws none.
template <class Call>
QString sentenceOf(Call call)
{
    try {
        call();
    } catch (const Error& error) {
        return QString::fromStdString(error.what());
    }
    return QStringLiteral("no error");
}

} // namespace assay::test
