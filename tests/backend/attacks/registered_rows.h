#pragma once

#include "backend/attacks/registry.h"

#include <QTest>

namespace assay::test {

/// Rows "id" and "norm" for every attack of the registry in every norm it knows, so that a new attack is
/// covered by itself.
inline void attacksAndNorms()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("norm");
    for (const attacks::AttackInfo& info : attacks::attacks().list())
        for (const attacks::Norm norm : info.norms)
            QTest::addRow("%s %s", info.id.c_str(), attacks::normName(norm))
                << QString::fromStdString(info.id) << int(norm);
}

} // namespace assay::test
