#include "backend/engine/study.h"

#include "backend/protocol/error.h"

namespace assay::engine {

void Study::preview(RunContext&, const Json&)
{
    throw Error("this study has no previews", info().id, "Run it again with the changed parameters");
}

} // namespace assay::engine
