#include "identifier/phone_lib.h"
#include <cstring>
#include <mutex>
#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>
#include <string>

using i18n::phonenumbers::Logger;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

/* The library writes numbers it cannot read to the standard output; here nothing may log an identifier. */
class Silent : public Logger {
public:
	void WriteMessage(const std::string &) override {}
};

PhoneNumberUtil *util()
{
	static std::once_flag once;
	static PhoneNumberUtil *instance;
	std::call_once(once, [] {
		instance = PhoneNumberUtil::GetInstance();
		instance->SetLogger(new Silent); /* the library owns it */
	});
	return instance;
}

}

extern "C" int phone_lib_e164(const char *plus, char *out, unsigned long cap)
{
	try {
		PhoneNumber number;
		std::string text;
		if (util()->Parse(plus, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
			return 0;
		PhoneNumberUtil::ValidationResult r = util()->IsPossibleNumberWithReason(number);
		if (r != PhoneNumberUtil::IS_POSSIBLE && r != PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY)
			return 0;
		util()->Format(number, PhoneNumberUtil::E164, &text);
		if (text.size() + 1 > cap)
			return 0;
		std::memcpy(out, text.c_str(), text.size() + 1);
		return r == PhoneNumberUtil::IS_POSSIBLE ? 2 : 1;
	} catch (...) {
		return 0; /* C callers know no exceptions; all that can be thrown is lack of memory */
	}
}
