#pragma once

#include "backend/protocol/table.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace assay::test {

/// The column of that name; throws std::runtime_error where there is none.
inline const protocol::Column& column(const protocol::Table& table, const std::string& name)
{
    const auto it = std::ranges::find(table.columns, name, &protocol::Column::name);
    if (it == table.columns.end())
        throw std::runtime_error("no column " + name);
    return *it;
}

} // namespace assay::test
