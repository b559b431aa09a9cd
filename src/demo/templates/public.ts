/** The marketplace: templates anyone may make flows from. */
import { clientOnboardingLight } from './public/client-onboarding-light.ts';
import { constructionHandover } from './public/construction-handover.ts';
import { employeeOnboarding } from './public/employee-onboarding.ts';
import { eventSponsorship } from './public/event-sponsorship.ts';
import { grantApplication } from './public/grant-application.ts';
import { homeSale } from './public/home-sale.ts';
import { matterIntake } from './public/matter-intake.ts';
import { monthEndClose } from './public/month-end-close.ts';
import { saasOnboarding } from './public/saas-onboarding.ts';
import { securityReview } from './public/security-review.ts';
import { taxReturn } from './public/tax-return.ts';
import { videoProduction } from './public/video-production.ts';
import type { PublishedTemplate } from './published.ts';

export const publicTemplates: readonly PublishedTemplate[] = [
  clientOnboardingLight,
  constructionHandover,
  employeeOnboarding,
  eventSponsorship,
  grantApplication,
  homeSale,
  matterIntake,
  monthEndClose,
  saasOnboarding,
  securityReview,
  taxReturn,
  videoProduction,
];
