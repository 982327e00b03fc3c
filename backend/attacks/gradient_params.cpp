#include "backend/attacks/gradient_params.h"

#include <map>

namespace assay::attacks {

protocol::Schema gradientSchema(unsigned parts)
{
    static const std::map<std::string, unsigned> partOf = {
        {"random_start", kStart},    {"restarts", kStart},      {"momentum", kMomentum},
        {"si_copies", kScales},      {"di_rate", kDiversity},   {"di_probability", kDiversity},
        {"ti_kernel", kSmoothing},   {"ti_sigmas", kSmoothing}, {"vt_beta", kVariance},
        {"vt_neighbours", kVariance}};
    protocol::Schema schema = protocol::describe<GradientParams>();
    std::erase_if(schema.fields, [&](const protocol::Field& field) {
        // Momentum attacks know no L1 ball.
        if (field.name == "l1_fraction")
            return (parts & kMomentum) != 0;
        const auto it = partOf.find(field.name);
        return it != partOf.end() && (parts & it->second) == 0;
    });
    return schema;
}

} // namespace assay::attacks
