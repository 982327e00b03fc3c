#pragma once

#include "backend/protocol/json.h"

#include <QString>

/// JSON values are compared as text: a failure then reads as a difference, and Qt Test knows how to print it.
inline QString text(const assay::Json& json)
{
    return QString::fromStdString(json.dump(-1, ' ', false, assay::Json::error_handler_t::replace));
}
